namespace TaskQ.Bench;

/// <summary>One thing that is measured.</summary>
internal interface IScenario
{
    /// <summary>What the command line calls it.</summary>
    string Name { get; }

    /// <summary>What it does, in one line.</summary>
    string Description { get; }

    /// <summary>Measures it. Most scenarios have one result; those with parts have one for each, named <c>scenario.part</c>.</summary>
    Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context);
}
