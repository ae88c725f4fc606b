using Microsoft.Extensions.Logging;

namespace ApiWorker.Worker;

/// <summary>What the handlers say.</summary>
internal static partial class Log
{
    [LoggerMessage(LogLevel.Information, "Sent '{Subject}' to {Address}")]
    public static partial void Sent(ILogger logger, string subject, string address);

    [LoggerMessage(LogLevel.Information, "Charged {Customer} {Amount}")]
    public static partial void Charged(ILogger logger, string customer, decimal amount);

    [LoggerMessage(LogLevel.Warning, "{Customer} is not charged {Amount}: {Reason}")]
    public static partial void NotCharged(ILogger logger, string customer, decimal amount, string reason);

    [LoggerMessage(LogLevel.Information, "The report of {Shop} is written")]
    public static partial void Written(ILogger logger, string shop);

    [LoggerMessage(LogLevel.Information, "Found {Address}")]
    public static partial void Found(ILogger logger, string address);
}
