namespace TaskQ.Backend;

/// <summary>What to reserve.</summary>
/// <param name="Lease">The lease that the messages come under; the backend fills <see cref="Lease.Deliveries"/>.</param>
/// <param name="Max">How many at most, at least 1.</param>
/// <param name="Wait">How long to wait for the first; zero for not at all.</param>
/// <param name="Suspect">
/// True reserves one message whose lease ran out twice or more, and nothing else; false leaves such messages where
/// they are and reports them in <see cref="ExchangeResult.SuspectsWaiting"/>.
/// </param>
public sealed record FetchRequest(Lease Lease, int Max, TimeSpan Wait, bool Suspect = false)
{
    /// <summary>From how many lost leases on a message is suspected of killing its process and is fetched alone.</summary>
    public const int SuspectCrashes = 2;
}
