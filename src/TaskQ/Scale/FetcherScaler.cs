namespace TaskQ.Scale;

/// <summary>Decides how many fetchers a consumer runs. Deterministic: time comes in through the samples.</summary>
/// <remarks>
/// 1. More fetchers help only while workers starve though messages are there (every fetch brings a whole batch), and
///    the latency of the store is what takes the time. Then their number doubles.
/// 2. Fetchers that Little's law (fetches per second x latency of one) did not need for 5 to 10 s end, but for one spare.
/// 3. The result is never outside [min, max].
/// </remarks>
/// <param name="min">How many there are at least.</param>
/// <param name="max">How many there are at most.</param>
/// <param name="slowFetch">How long a fetch must take for latency to be what takes the time.</param>
internal sealed class FetcherScaler(int min, int max, TimeSpan slowFetch)
{
    private readonly TimeSpan _slowFetch = slowFetch;
    private readonly int _min = min;
    private readonly int _max = max;
    private int _target = min;
    private PeakWindow _needed;

    /// <summary>The number of fetchers to run from now on.</summary>
    public int Decide(in ScaleSample sample)
    {
        if (_min == _max || sample.Elapsed <= TimeSpan.Zero)
        {
            return _target;
        }

        int needed = (int)Math.Ceiling(sample.FullFetchTime / sample.Elapsed);
        if (_needed.Add(needed, sample.Elapsed, out int peak) && peak + 1 < _target)
        {
            _target = Math.Max(_min, peak + 1);
        }

        if (IsStarved(sample) && IsBoundByLatency(sample))
        {
            _target = (int)Math.Min(_max, _target * 2L);
        }

        return _target;
    }

    private static bool IsStarved(in ScaleSample sample) =>
        sample.StarvedTime >= sample.Elapsed * ScaleRules.StarvedShare;

    private bool IsBoundByLatency(in ScaleSample sample) =>
        sample.FullFetches > 0
        && sample.FullFetches == sample.Fetches
        && sample.FullFetchTime / sample.FullFetches >= _slowFetch;
}
