using System.Reflection;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>How the members of a type are written: as a map by name, or as an array by position.</summary>
internal sealed class ObjectLayout
{
    /// <summary>The members in the order in which they are written.</summary>
    public required IReadOnlyList<ObjectSlot> Slots { get; init; }

    /// <summary>Whether the members are an array; their <see cref="ObjectSlot.Index"/> is their place in it.</summary>
    public bool IsArray { get; init; }

    /// <summary>Whether an array of another length is refused.</summary>
    public bool IsExact { get; init; }

    /// <summary>What creates a value; null for a struct without one.</summary>
    public ConstructorInfo? Constructor { get; init; }
}

/// <summary>A member of a type.</summary>
internal sealed class ObjectSlot
{
    public required MemberInfo Member { get; init; }

    /// <summary>The name on the wire.</summary>
    public required string Name { get; init; }

    /// <summary>The place in an array.</summary>
    public int Index { get; init; }

    /// <summary>Whether it is written; a property without a getter is only read.</summary>
    public required bool IsWritten { get; init; }

    /// <summary>Whether it is set after the value was created.</summary>
    public required bool IsSettable { get; init; }

    /// <summary>Whether reading fails when it is missing.</summary>
    public bool IsRequired { get; init; }

    /// <summary>The parameter of the constructor that takes it.</summary>
    public ParameterInfo? Parameter { get; set; }

    /// <summary>What writes and reads it; set before the layout is used.</summary>
    public Formatter? Formatter { get; set; }

    public Type Type => Member is PropertyInfo property ? property.PropertyType : ((FieldInfo)Member).FieldType;
}
