using System.Reflection;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using TaskQ.Bench.Measure;

namespace TaskQ.Bench.Micro;

/// <summary>Runs a class of micro benchmarks: by BenchmarkDotNet, or by stopwatch when it must be quick.</summary>
internal static class MicroRunner
{
    /// <summary>The cost of each benchmark method, in the order of the class.</summary>
    /// <exception cref="BenchException">BenchmarkDotNet has no result for one.</exception>
    public static Task<IReadOnlyDictionary<string, MicroResult>> RunAsync<T>(BenchOptions options)
        where T : class, new() =>
        options.Quick || options.Scenarios.Contains("all") ? QuickAsync<T>() : Task.FromResult<IReadOnlyDictionary<string, MicroResult>>(Full<T>(options));

    private static Dictionary<string, MicroResult> Full<T>(BenchOptions options)
    {
        ILogger logger = options.Json ? NullLogger.Instance : ConsoleLogger.Default;
        IConfig config = ManualConfig.CreateEmpty()
            .AddLogger(logger)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddExporter(MarkdownExporter.GitHub)
            .AddJob(Job.Default.WithWarmupCount(3).WithIterationCount(10))
            .WithOption(ConfigOptions.DisableLogFile, true);
        Summary summary = BenchmarkRunner.Run<T>(config);
        var results = new Dictionary<string, MicroResult>();
        foreach (BenchmarkReport report in summary.Reports)
        {
            string name = report.BenchmarkCase.Descriptor.WorkloadMethod.Name;
            results[name] = report.ResultStatistics is { } statistics
                ? new MicroResult(
                    report.GcStats.TotalOperations,
                    statistics.Median,
                    report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0)
                : throw new BenchException($"BenchmarkDotNet has no result for {name}; run without --json to see why.");
        }

        return results;
    }

    private static async Task<IReadOnlyDictionary<string, MicroResult>> QuickAsync<T>()
        where T : class, new()
    {
        var instance = new T();
        await CallAsync<GlobalSetupAttribute>(instance);
        var results = new Dictionary<string, MicroResult>();
        foreach (MethodInfo method in Marked<BenchmarkAttribute>(typeof(T)))
        {
            results[method.Name] = QuickTimer.Measure(Loop(instance, method));
        }

        await CallAsync<GlobalCleanupAttribute>(instance);
        return results;
    }

    private static Action<int> Loop(object instance, MethodInfo method)
    {
        if (method.ReturnType == typeof(Task))
        {
            return Loop(method.CreateDelegate<Func<Task>>(instance));
        }

        return method.ReturnType == typeof(int)
            ? Loop(method.CreateDelegate<Func<int>>(instance))
            : Loop(method.CreateDelegate<Func<bool>>(instance));
    }

    private static Action<int> Loop<T>(Func<T> operation) => count =>
    {
        for (var i = 0; i < count; i++)
        {
            operation();
        }
    };

    private static async Task CallAsync<TAttribute>(object instance)
        where TAttribute : Attribute
    {
        foreach (MethodInfo method in Marked<TAttribute>(instance.GetType()))
        {
            await method.CreateDelegate<Func<Task>>(instance)();
        }
    }

    private static IEnumerable<MethodInfo> Marked<TAttribute>(Type type)
        where TAttribute : Attribute =>
        type.GetMethods().Where(m => m.IsDefined(typeof(TAttribute), inherit: false)).OrderBy(m => m.MetadataToken);
}
