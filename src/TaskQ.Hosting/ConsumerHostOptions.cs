namespace TaskQ.Hosting;

/// <summary>How a host runs its consumers.</summary>
public sealed class ConsumerHostOptions
{
    /// <summary>The value of <see cref="StopTimeout"/> when it is not set.</summary>
    internal static readonly TimeSpan DefaultStopTimeout = TimeSpan.FromSeconds(25);

    /// <summary>
    /// How long running handlers may take to end when the host stops, at least zero; then they are cancelled and their
    /// messages given back, which takes a few seconds at most. The end of the host's own <c>ShutdownTimeout</c>, 30 s unless it
    /// was set, cancels them too, so this should be some seconds less. The default is 25 s.
    /// </summary>
    public TimeSpan StopTimeout { get; set; } = DefaultStopTimeout;
}
