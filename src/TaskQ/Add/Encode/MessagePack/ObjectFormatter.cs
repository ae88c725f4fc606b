namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Writes the members of a value.</summary>
internal delegate void ObjectWrite<in T>(ref MessagePackWriter writer, T value);

/// <summary>Reads the members of a value and creates it.</summary>
internal delegate T ObjectRead<out T>(ref MessagePackReader reader);

/// <summary>A class, struct, record, tuple or anonymous type; compiled when it is first used.</summary>
internal sealed class ObjectFormatter<T>(ObjectLayout layout) : Formatter<T>
{
    private readonly Lazy<ObjectWrite<T>> _write = new(() => new ObjectCompiler<T>(layout).CompileWrite());
    private readonly Lazy<ObjectRead<T>> _read = new(() => new ObjectCompiler<T>(layout).CompileRead());

    public override void Write(ref MessagePackWriter writer, T? value)
    {
        if (value is null)
        {
            writer.WriteNil();
        }
        else
        {
            _write.Value(ref writer, value);
        }
    }

    public override T? Read(ref MessagePackReader reader) =>
        !typeof(T).IsValueType && reader.TryReadNil() ? default : _read.Value(ref reader);
}
