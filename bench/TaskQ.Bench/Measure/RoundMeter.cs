namespace TaskQ.Bench.Measure;

/// <summary>A <see cref="Meter"/> that also reads what the store's process uses, when the store is one.</summary>
internal sealed class RoundMeter
{
    private readonly BenchContext _context;
    private readonly StoreUse? _start;
    private readonly Meter _meter;

    private RoundMeter(BenchContext context, StoreUse? start)
    {
        _context = context;
        _start = start;
        _meter = Meter.Start();
    }

    public static async Task<RoundMeter> StartAsync(BenchContext context) => new(context, await context.ReadStoreAsync());

    /// <summary>What this process used; see <see cref="Meter.Stop"/>.</summary>
    public Sample Stop(long? endTimestamp = null) => _meter.Stop(endTimestamp);

    /// <summary>Adds what the store used until now, which may be later: a consumer settles its last messages after they ran.</summary>
    public async Task<Sample> WithStoreAsync(Sample sample) => sample with { Store = await _context.ReadStoreAsync() - _start };
}
