using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;

namespace TaskQ.Redis.Tests.Faults.Model;

/// <summary>Looks for a sequence that fails, and shrinks it: FsCheck makes them from seeds, and goes from each failure to smaller ones.</summary>
internal sealed class SequenceSearch
{
    private readonly Func<OperationSequence, Task> _run;
    private Lane? _failing;
    private int _tried;

    private SequenceSearch(Func<OperationSequence, Task> run) => _run = run;

    /// <summary>Runs so many sequences, some at a time, and returns one that failed, as small as it gets; null when none did.</summary>
    public static async Task<SequenceFailure?> RunAsync(int seed, int sequences, int lanes, Func<OperationSequence, Task> run)
    {
        var search = new SequenceSearch(run);

        // FsCheck waits for each run, so a lane is a thread of its own.
        await Task.WhenAll(Enumerable.Range(0, lanes).Select(number => Task.Factory.StartNew(
            () => new Lane(search).Look((ulong)((1000 * seed) + number), (sequences / lanes) + (number < sequences % lanes ? 1 : 0)),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
        return search._failing?.Failure;
    }

    private sealed class Lane(SequenceSearch search) : IRunner
    {
        private int _triedBefore;

        public SequenceFailure? Failure { get; private set; }

        public void Look(ulong seed, int sequences)
        {
            var source = Arb.From(Gen.Choose(0, int.MaxValue).Select(SequenceSource.Make), SequenceShrinker.Shrink);
            var config = Config.Quick.WithMaxTest(sequences).WithRunner(this)
                .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(seed), FSharpOption<int>.None)));
            Check.One(config, Prop.ForAll(source, RunAsync));
        }

        public void OnStartFixture(Type value)
        {
        }

        public void OnArguments(int value1, FSharpList<object> value2, FSharpFunc<int, FSharpFunc<FSharpList<object>, string>> value3)
        {
        }

        public void OnShrink(FSharpList<object> value1, FSharpFunc<FSharpList<object>, string> value2)
        {
        }

        public void OnFinished(string value1, FsCheck.TestResult value2)
        {
            if (value2 is FsCheck.TestResult.Failed failed)
            {
                var error = failed.Item4 is Outcome.Failed outcome ? outcome.Item.GetBaseException() : null;
                Failure = new SequenceFailure(
                    (OperationSequence)failed.Item2.Head, (OperationSequence)failed.Item3.Head, error?.Message ?? "", _triedBefore, search._tried - _triedBefore);
            }
        }

        /// <summary>Once one lane has a failure the others come to their end.</summary>
        private async Task RunAsync(OperationSequence sequence)
        {
            if (Volatile.Read(ref search._failing) is { } failing && failing != this)
            {
                return;
            }

            var tried = Interlocked.Increment(ref search._tried);
            try
            {
                await search._run(sequence);
            }
            catch when (Interlocked.CompareExchange(ref search._failing, this, null) is var first && (first is null || first == this))
            {
                _triedBefore = _triedBefore == 0 ? tried : _triedBefore;
                throw;
            }
            catch (Xunit.Sdk.XunitException)
            {
                // Another lane was faster.
            }
        }
    }
}
