namespace TaskQ.Solution.Tests;

/// <summary>An assertion whose message holds every fault, uncut.</summary>
internal static class Expect
{
    /// <summary>Fails with all the faults, if there are any.</summary>
    public static void None(IEnumerable<string> faults)
    {
        string text = string.Join("\n", faults);
        Assert.True(text.Length == 0, text);
    }
}
