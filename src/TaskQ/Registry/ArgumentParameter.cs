using System.Collections.Concurrent;

namespace TaskQ.Registry;

/// <summary>One argument of a task: its name, its type and what becomes of a value that is given for it.</summary>
internal sealed class ArgumentParameter(string name, ArgumentCodec codec, bool isOptional, object? defaultValue)
{
    // What converts a value of some type, null for a type that does not convert. Few types are ever given.
    private readonly ConcurrentDictionary<Type, Func<object, object>?> _conversions = new();

    public string Name { get; } = name;

    public ArgumentCodec Codec { get; } = codec;

    public Type Type => Codec.Type;

    /// <summary>The <see cref="PayloadReader{T}"/> of the type, null where nothing is read.</summary>
    public Delegate? Reader { get; init; }

    public bool IsOptional { get; } = isOptional;

    /// <summary>What the parameter is when the message has no argument for it; null also stands for a zeroed struct.</summary>
    public object? DefaultValue { get; } = defaultValue;

    public bool TakesNull { get; } = !codec.Type.IsValueType || Nullable.GetUnderlyingType(codec.Type) is not null;

    /// <summary>Converts a value as C# does implicitly, so that what comes out unboxes to the type exactly.</summary>
    /// <returns>Whether it converts; <paramref name="error"/> is what a user's conversion threw.</returns>
    public bool TryConvert(object? value, out object? converted, out Exception? error)
    {
        converted = value;
        error = null;
        if (value is null)
        {
            return TakesNull;
        }

        if (value.GetType() == Type || Type.IsInstanceOfType(value))
        {
            return true;
        }

        Func<object, object>? conversion = _conversions.GetOrAdd(value.GetType(), ImplicitConversion.Find, Type);
        if (conversion is null)
        {
            return false;
        }

        try
        {
            converted = conversion(value);
            return converted is not null || TakesNull;
        }
#pragma warning disable CA1031 // A conversion is the user's code: whatever it throws, the value does not convert.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            error = exception;
            return false;
        }
    }

    public override string ToString() => $"{TypeName.Of(Type)} {Name}{(IsOptional ? " (optional)" : "")}";
}
