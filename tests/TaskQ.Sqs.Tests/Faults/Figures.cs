using System.Runtime.CompilerServices;

namespace TaskQ.Sqs.Tests.Faults;

/// <summary>What a fault test has measured.</summary>
internal static class Figures
{
    public static void Print(string text, [CallerMemberName] string test = "") =>
        TestContext.Current.TestOutputHelper!.WriteLine($"[figures] {test}: {text}");
}
