using System.Globalization;
using TaskQ.Bench.Measure;
using TaskQ.Bench.Micro;

namespace TaskQ.Bench.Scenarios;

/// <summary>The codec: arguments alone, and a whole message as the difference between adding it encoded and by reference.</summary>
internal sealed class CodecScenario : IScenario
{
    private const double NanosecondBound = 150;
    private const int ArrayOverhead = 24;

    public string Name => "codec";

    public string Description => "encoding and decoding a string and an int";

    public async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context)
    {
        IReadOnlyDictionary<string, MicroResult> results = await MicroRunner.RunAsync<CodecBenchmarks>(context.Options);
        return
        [
            .. results.Select(r => r.Value.ToRow($"codec.{r.Key}", "none")),
            Message(results[nameof(CodecBenchmarks.AddByReference)], results[nameof(CodecBenchmarks.AddEncoded)]),
        ];
    }

    private static BenchResult Message(MicroResult byReference, MicroResult encoded)
    {
        int frame = CodecBenchmarks.FrameLength();
        int result = (ArrayOverhead + frame + 7) & ~7;
        double nanoseconds = encoded.Nanoseconds - byReference.Nanoseconds;
        double beyond = encoded.Bytes - byReference.Bytes - result;
        BenchResult row = (encoded with { Nanoseconds = nanoseconds, Bytes = encoded.Bytes - byReference.Bytes })
            .ToRow("codec.EncodeMessage", "none");
        return row with
        {
            Target = new Target("<= 150 ns, 1 allocation more", nanoseconds <= NanosecondBound && beyond < 64),
            Notes =
            [
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"codec.EncodeMessage: {nanoseconds:N1} ns, a frame of {frame} B, {beyond:N0} B allocated beyond it (AddEncoded less AddByReference)"),
            ],
        };
    }
}
