namespace TaskQ.Backend;

/// <summary>What a store keeps of a message: its encoded frame, or the message itself where references are passed.</summary>
public readonly struct MessageBody : IEquatable<MessageBody>
{
    private readonly object? _value;

    /// <summary>A body of bytes.</summary>
    /// <param name="frame">The encoded frame.</param>
    public MessageBody(byte[] frame) => _value = frame;

    /// <summary>A body passed by reference.</summary>
    /// <param name="message">The message.</param>
    public MessageBody(TaskMessage message) => _value = message;

    /// <summary>The frame, null when the message is passed by reference.</summary>
    public byte[]? Frame => _value as byte[];

    /// <summary>The message, null when the body is a frame.</summary>
    public TaskMessage? Message => _value as TaskMessage;

    /// <summary>Whether two bodies are the same object.</summary>
    /// <param name="left">One body.</param>
    /// <param name="right">Another.</param>
    /// <returns>Whether they are.</returns>
    public static bool operator ==(MessageBody left, MessageBody right) => left.Equals(right);

    /// <summary>Whether two bodies are different objects.</summary>
    /// <param name="left">One body.</param>
    /// <param name="right">Another.</param>
    /// <returns>Whether they are.</returns>
    public static bool operator !=(MessageBody left, MessageBody right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(MessageBody other) => ReferenceEquals(_value, other._value);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is MessageBody other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value?.GetHashCode() ?? 0;
}
