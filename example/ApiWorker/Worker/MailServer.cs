using Microsoft.Extensions.Logging;
using TaskQ;

namespace ApiWorker.Worker;

/// <summary>Sends e-mails. As many servers do, it refuses the first attempt and says when to try again.</summary>
public sealed class MailServer(ILogger<MailServer> log, TimeProvider? time = null)
{
    private static readonly TimeSpan Greylisting = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Work = TimeSpan.FromMilliseconds(5);

    /// <summary>Sends one.</summary>
    /// <exception cref="RetryAfterException">The server wants another attempt later.</exception>
    public async Task SendAsync(string address, string subject, int attempt, CancellationToken cancellationToken)
    {
        await Task.Delay(Work, time ?? TimeProvider.System, cancellationToken);
        if (attempt == 1)
        {
            throw new RetryAfterException(Greylisting, $"450 try {address} again later");
        }

        Log.Sent(log, subject, address);
    }
}
