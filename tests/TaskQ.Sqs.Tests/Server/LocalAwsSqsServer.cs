using System.Diagnostics;
using System.Globalization;

namespace TaskQ.Sqs.Tests.Server;

/// <summary>The npm package local-aws-sqs: strict as AWS in what it accepts, wrong in FIFO groups.</summary>
public sealed class LocalAwsSqsServer : SqsServer
{
    protected override void Configure(ProcessStartInfo start, int port)
    {
        ArgumentNullException.ThrowIfNull(start);
        start.ArgumentList.Add("-e");
        start.ArgumentList.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"require('local-aws-sqs').createSqsServer({{port:{port},hostname:'127.0.0.1',emulateQueueCreationLifecycle:false}})"));
    }
}
