namespace TaskQ.Add;

/// <summary>How the name of a message is made when it is added.</summary>
internal sealed class NameRule
{
    private NameRule(NameKind kind) => Kind = kind;

    public NameKind Kind { get; }

    /// <summary>The name itself, for <see cref="NameKind.Explicit"/>.</summary>
    public string? Name { get; private init; }

    /// <summary>What a second add does.</summary>
    public DedupeMode Mode { get; private init; }

    /// <summary>The length of a slot, for <see cref="NameKind.Period"/>.</summary>
    public TimeSpan SlotLength { get; private init; }

    /// <summary>What stands for the arguments, for <see cref="NameKind.Period"/>; empty for the arguments themselves.</summary>
    public object?[] Key { get; private init; } = [];

    public static NameRule Explicit(string name, DedupeMode mode)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new NameRule(NameKind.Explicit) { Name = name, Mode = mode };
    }

    public static NameRule Unique() => new(NameKind.Unique);

    public static NameRule Arguments() => new(NameKind.Arguments);

    public static NameRule Period(TimeSpan period, object?[]? key)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(period, TimeSpan.Zero);

        // A null array is one null; an array that is no object[] is one key, not many.
        object?[] parts = key is null ? [null] : key.GetType() == typeof(object[]) ? key : [key];
        return new NameRule(NameKind.Period) { SlotLength = period, Key = parts };
    }
}
