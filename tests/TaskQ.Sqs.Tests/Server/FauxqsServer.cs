using System.Diagnostics;
using System.Globalization;

namespace TaskQ.Sqs.Tests.Server;

/// <summary>The npm package fauxqs: right in FIFO groups and long polls, lax in what it accepts.</summary>
public sealed class FauxqsServer : SqsServer
{
    protected override void Configure(ProcessStartInfo start, int port)
    {
        ArgumentNullException.ThrowIfNull(start);
        start.Environment["FAUXQS_PORT"] = port.ToString(CultureInfo.InvariantCulture);
        start.Environment["FAUXQS_LOGGER"] = "false";
        start.ArgumentList.Add("node_modules/fauxqs/dist/server.js");
    }
}
