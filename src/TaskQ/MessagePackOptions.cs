using TaskQ.Add.Encode.MessagePack;

namespace TaskQ;

/// <summary>The limits and the formatters of a <see cref="MessagePackSerializer"/>. Validated and copied when the serializer is created; later changes have no effect.</summary>
/// <remarks>The limits hold for reading and for writing, so what one process may write another with the same options can read.</remarks>
public sealed class MessagePackOptions
{
    private readonly Dictionary<Type, Formatter> _formatters = [];

    /// <summary>How deep arrays and maps of an argument may nest, from 1 to 256. The default is 64.</summary>
    public int MaxDepth { get; set; } = MessagePackDefaults.MaxDepth;

    /// <summary>The longest string in bytes of UTF-8, at least 1. The default is 1 MiB.</summary>
    public int MaxStringLength { get; set; } = MessagePackDefaults.MaxStringLength;

    /// <summary>The longest extension in bytes, at least 12, the length of a timestamp. The default is 64 KiB.</summary>
    public int MaxExtensionLength { get; set; } = MessagePackDefaults.MaxExtensionLength;

    /// <summary>The most array items, map keys and map values in one argument, at every depth together, at least 1. The default is 1,000,000.</summary>
    public int MaxElements { get; set; } = MessagePackDefaults.MaxElements;

    internal IReadOnlyDictionary<Type, Formatter> Formatters => _formatters;

    /// <summary>Sets what writes and reads a type, also inside of other types.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <param name="formatter">Its formatter; it takes the place of one that was added before.</param>
    /// <returns>These options.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="formatter"/> is null.</exception>
    public MessagePackOptions AddFormatter<T>(IMessagePackFormatter<T> formatter)
    {
        ArgumentNullException.ThrowIfNull(formatter);
        _formatters[typeof(T)] = new UserFormatter<T>(formatter);
        return this;
    }

    internal void Validate(string parameterName)
    {
        List<string> faults = [];
        if (MaxDepth is < 1 or > MessagePackDefaults.DepthCeiling)
        {
            faults.Add($"MaxDepth is {MaxDepth}; it must be from 1 to {MessagePackDefaults.DepthCeiling}.");
        }

        Check(faults, nameof(MaxStringLength), MaxStringLength, 1);
        Check(faults, nameof(MaxExtensionLength), MaxExtensionLength, 12);
        Check(faults, nameof(MaxElements), MaxElements, 1);
        if (faults.Count > 0)
        {
            throw new ArgumentException(string.Join(' ', faults), parameterName);
        }
    }

    private static void Check(List<string> faults, string name, int value, int least)
    {
        if (value < least)
        {
            faults.Add($"{name} is {value}; it must be at least {least}.");
        }
    }
}
