namespace TaskQ.Redis.Connect;

/// <summary>The rights that TaskQ needs: the rule of taskq.acl.</summary>
internal static class AccessRule
{
    /// <summary>The rule as it is shipped.</summary>
    public static string Text { get; } = Read();

    /// <summary>The rule for keys that begin otherwise.</summary>
    public static string For(string prefix) => Text.Replace("tq:{*", prefix + ":{*", StringComparison.Ordinal);

    private static string Read()
    {
        using Stream stream = typeof(AccessRule).Assembly.GetManifestResourceStream("taskq.acl")
            ?? throw new InvalidOperationException("taskq.acl is not in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Trim();
    }
}
