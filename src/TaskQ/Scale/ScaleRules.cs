namespace TaskQ.Scale;

/// <summary>The constants of the scalers, and why they have their values.</summary>
internal static class ScaleRules
{
    /// <summary>Workers count as occupied from this share of the interval on; the rest is the time between two messages.</summary>
    public const double OccupiedShare = 0.9;

    /// <summary>Own CPU use from which on more workers need proof. Below it a core is free for some of the time.</summary>
    public const double SaturatedCpu = 0.9;

    /// <summary>A step must bring half of what it would if it scaled linearly; at less the knee is nearer than the step.</summary>
    public const double UsefulGain = 0.5;

    /// <summary>How far below the last useful level a knee may be taken to lie: it brought at least half of its gain.</summary>
    public const double KneeFloor = 0.75;

    /// <summary>Completions that prove a step useless, or one per worker if that is more: the mean of 16 is off by a quarter when times vary as much as their mean. Half as many prove the level before.</summary>
    public const int ProofCompletions = 16;

    /// <summary>A step waits for its proof up to this many handling times: a queue behind a full resource doubles them.</summary>
    public const double PatienceFactor = 3;

    /// <summary>From this share of failures on, more workers would only fail faster.</summary>
    public const double FailureShare = 0.5;

    /// <summary>One worker in so many may be spare for ever: ending it would be the start of an oscillation.</summary>
    public const int SpareDivisor = 8;

    /// <summary>The least patience: with it handlers that never return have 16 workers after 8 s and 256 after 16 s.</summary>
    public static readonly TimeSpan MinPatience = TimeSpan.FromSeconds(2);

    /// <summary>The most patience, so that handlers of hours scale as well; what is older is forgotten.</summary>
    public static readonly TimeSpan MaxPatience = TimeSpan.FromSeconds(30);

    /// <summary>The first hold after a useless step; each further one doubles it. Short, for noise can look like a knee.</summary>
    public static readonly TimeSpan MinHold = TimeSpan.FromSeconds(2);

    /// <summary>The longest hold, hence the longest blindness for a changed load.</summary>
    public static readonly TimeSpan MaxHold = TimeSpan.FromSeconds(30);

    /// <summary>A shorter wait in the buffer is the noise of arrivals, not a lack of workers.</summary>
    public static readonly TimeSpan LongWait = TimeSpan.FromMilliseconds(100);

    /// <summary>In how long, beside a handling time, the buffered messages of a shallow queue are to be taken, and the pace of its steps.</summary>
    public static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(1);

    /// <summary>Half of the time in which a worker or fetcher must not have been needed before it ends.</summary>
    public static readonly TimeSpan IdleBucket = TimeSpan.FromSeconds(5);

    /// <summary>A faster fetch is bound by CPU, not by latency; a second fetcher would not help.</summary>
    public static readonly TimeSpan SlowFetch = TimeSpan.FromMilliseconds(1);

    /// <summary>The same where a fetch brings no settlements along: it only waits for requests, and alone it leaves even a server on the same machine idle between them.</summary>
    public static readonly TimeSpan SlowRequests = TimeSpan.FromMilliseconds(0.1);

    /// <summary>Fetchers are added while idle workers lacked messages for this share of the interval.</summary>
    public const double StarvedShare = 0.2;

    /// <summary>How many completions prove what a number of workers does.</summary>
    public static int ProofFor(int workers) => Math.Max(workers, ProofCompletions);
}
