using System.Globalization;

namespace TaskQ.Sqs.Client;

/// <summary>The value of a message attribute.</summary>
public readonly record struct SqsAttributeValue
{
    /// <summary>The data type: <c>String</c>, <c>Number</c> or <c>Binary</c>, or one of these with a label after a full stop.</summary>
    public required string DataType { get; init; }

    /// <summary>The value of a text or a number, null for bytes.</summary>
    public string? Text { get; init; }

    /// <summary>The value of bytes; empty for a text or a number.</summary>
    public ReadOnlyMemory<byte> Bytes { get; init; }

    /// <summary>A text.</summary>
    /// <param name="value">The text, not empty.</param>
    /// <returns>The attribute's value.</returns>
    public static SqsAttributeValue OfText(string value) => new() { DataType = "String", Text = value };

    /// <summary>A whole number.</summary>
    /// <param name="value">The number.</param>
    /// <returns>The attribute's value.</returns>
    public static SqsAttributeValue OfNumber(long value) => new() { DataType = "Number", Text = value.ToString(CultureInfo.InvariantCulture) };

    /// <summary>Bytes.</summary>
    /// <param name="value">The bytes, not empty.</param>
    /// <returns>The attribute's value.</returns>
    public static SqsAttributeValue OfBytes(ReadOnlyMemory<byte> value) => new() { DataType = "Binary", Bytes = value };
}
