namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Writes a value that contains no other.</summary>
internal delegate void LeafWrite<in T>(ref MessagePackWriter writer, T value);

/// <summary>Reads a value that contains no other.</summary>
internal delegate T LeafRead<out T>(ref MessagePackReader reader);

/// <summary>A value type that contains no other values, so it is never nil.</summary>
internal sealed class LeafFormatter<T>(LeafWrite<T> write, LeafRead<T> read) : Formatter<T>
    where T : struct
{
    public override void Write(ref MessagePackWriter writer, T value) => write(ref writer, value);

    public override T Read(ref MessagePackReader reader) => read(ref reader);
}

/// <summary>A class that contains no other values; null is nil.</summary>
internal sealed class LeafClassFormatter<T>(LeafWrite<T> write, LeafRead<T> read) : Formatter<T>
    where T : class
{
    public override void Write(ref MessagePackWriter writer, T? value)
    {
        if (value is null)
        {
            writer.WriteNil();
        }
        else
        {
            write(ref writer, value);
        }
    }

    public override T? Read(ref MessagePackReader reader) => reader.TryReadNil() ? null : read(ref reader);
}

/// <summary>The formatters of types that are no generic ones, by type.</summary>
internal sealed class LeafTable : Dictionary<Type, Formatter>
{
    public void Add<T>(LeafWrite<T> write, LeafRead<T> read)
        where T : struct => this[typeof(T)] = new LeafFormatter<T>(write, read);

    public void AddClass<T>(LeafWrite<T> write, LeafRead<T> read)
        where T : class => this[typeof(T)] = new LeafClassFormatter<T>(write, read);
}
