namespace TaskQ.Bench.Report;

/// <summary>Where results go.</summary>
internal interface IReport
{
    void Begin(BenchOptions options, string? store);

    void Add(BenchResult result);

    void End();
}
