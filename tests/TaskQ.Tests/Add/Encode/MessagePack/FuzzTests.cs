using System.Globalization;
using Xunit;

namespace TaskQ.Tests.Add.Encode.MessagePack;

/// <summary>Mutations of valid payloads: nothing but <see cref="PayloadException"/> escapes, and what is refused costs little memory.</summary>
public sealed class FuzzTests
{
    private const int Seed = 20_240_229;
    private const int DefaultInputs = 1_000_000;
    private const int FixedAllowance = 64 * 1024;
    private const int AllowancePerByte = 4;

    [Fact]
    public void Read_MutatedPayloads_OnlyPayloadExceptionAndLittleMemory()
    {
        var count = int.TryParse(Environment.GetEnvironmentVariable("TASKQ_FUZZ"), CultureInfo.InvariantCulture, out var asked)
            ? asked
            : DefaultInputs;
        var halves = Enumerable.Range(0, 2).Select(half => new FuzzRun(Seed + half)).ToArray();
        var threads = halves.Select(run => new Thread(() => run.Run(count / halves.Length))).ToArray();
        foreach (var thread in threads)
        {
            thread.Start();
        }

        foreach (var thread in threads)
        {
            thread.Join();
        }

        Assert.All(halves, run => Assert.Null(run.Failure));
        Assert.Equal(count / halves.Length * halves.Length, halves.Sum(run => run.Refused + run.Read));

        // Mutations that hardly ever hurt, or always do, would test little.
        Assert.InRange((double)halves.Sum(run => run.Refused) / count, 0.2, 0.95);
        TestContext.Current.SendDiagnosticMessage(
            $"{count} inputs, {halves.Sum(run => run.Refused)} refused, at most {halves.Max(run => run.MostAllocated)} bytes for a refused one.");
    }

    /// <summary>One thread's share of the inputs.</summary>
    private sealed class FuzzRun(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly FuzzTarget[] _targets = FuzzTarget.All();

        public string? Failure { get; private set; }

        public int Refused { get; private set; }

        public int Read { get; private set; }

        public long MostAllocated { get; private set; }

        public void Run(int count)
        {
            try
            {
                // Compiled readers and pooled buffers are made once; they are no cost of an input.
                var warm = new Mutator(new Random(seed - 1), _targets);
                for (var i = 0; i < 20_000; i++)
                {
                    var target = _targets[i % _targets.Length];
                    Outcome(target, warm.Next(target));
                }

                var mutator = new Mutator(_random, _targets);
                for (var i = 0; i < count && Failure is null; i++)
                {
                    var target = _targets[_random.Next(_targets.Length)];
                    Measure(target, mutator.Next(target));
                }
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                Failure ??= exception.ToString();
            }
        }

        private void Measure(FuzzTarget target, ReadOnlyMemory<byte> input)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var isRead = Outcome(target, input);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (isRead)
            {
                Read++;
                return;
            }

            Refused++;
            MostAllocated = Math.Max(MostAllocated, allocated);
            if (allocated > FixedAllowance + (AllowancePerByte * input.Length))
            {
                Failure = $"{target.Name} allocated {allocated} bytes for the {input.Length} bytes {Convert.ToHexString(input.Span)}";
            }
        }

        private bool Outcome(FuzzTarget target, ReadOnlyMemory<byte> input)
        {
            try
            {
                target.Read(input);
                return true;
            }
            catch (PayloadException)
            {
                return false;
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                Failure = $"{target.Name} threw for {Convert.ToHexString(input.Span)}: {exception}";
                return false;
            }
        }
    }
}
