using System.Diagnostics;
using Xunit;

namespace TaskQ.Tests.Add.Encode.Snappy;

/// <summary>Both ways against python3-snappy, which is Google's own C++ code.</summary>
public sealed class PythonSnappyTests
{
    private const string Python = "/usr/bin/python3";

    /// <summary>Reads our block and the original, checks the one against the other, and writes its own block of the original.</summary>
    private const string Script =
        "import snappy,sys\n" +
        "block=open(sys.argv[1],'rb').read()\n" +
        "original=open(sys.argv[2],'rb').read()\n" +
        "assert snappy.decompress(block)==original\n" +
        "open(sys.argv[3],'wb').write(snappy.compress(original))\n";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task EncodeAndDecode_Samples_AgreeWithLibsnappy()
    {
        // In CI the package must be there; elsewhere its absence is no fault of the code.
        bool required = Environment.GetEnvironmentVariable("CI") is { Length: > 0 };
        Assert.SkipUnless(required || await HasSnappyAsync(), "python3-snappy is not installed (apt-get install python3-snappy).");

        DirectoryInfo folder = Directory.CreateTempSubdirectory("taskq-snappy-");
        try
        {
            foreach ((string name, Func<byte[]> make) in SnappyBlocks.Samples())
            {
                byte[] input = make();
                string block = Path.Combine(folder.FullName, "block");
                string original = Path.Combine(folder.FullName, "original");
                string theirs = Path.Combine(folder.FullName, "theirs");
                await File.WriteAllBytesAsync(block, SnappyBlocks.Encode(input));
                await File.WriteAllBytesAsync(original, input);

                (int exitCode, string error) = await RunAsync("-c", Script, block, original, theirs);

                Assert.True(exitCode == 0, $"{name}: {error}");
                byte[] decoded = SnappyBlocks.Decode(await File.ReadAllBytesAsync(theirs));
                Assert.True(decoded.AsSpan().SequenceEqual(input), name);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<bool> HasSnappyAsync() =>
        File.Exists(Python) && (await RunAsync("-c", "import snappy")).ExitCode == 0;

    private static async Task<(int ExitCode, string Error)> RunAsync(params string[] arguments)
    {
        using var timeout = new CancellationTokenSource(Timeout, TimeProvider.System);
        using Process process = Process.Start(
            new ProcessStartInfo(Python, arguments) { RedirectStandardError = true })!;
        string error = await process.StandardError.ReadToEndAsync(timeout.Token);
        await process.WaitForExitAsync(timeout.Token);
        return (process.ExitCode, error);
    }
}
