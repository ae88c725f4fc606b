namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Writes and reads the values of one type.</summary>
internal abstract class Formatter
{
    /// <summary>Writes a value of which only the run-time type is known.</summary>
    public abstract void WriteBoxed(ref MessagePackWriter writer, object value);
}

/// <summary>Writes and reads the values of one type.</summary>
internal abstract class Formatter<T> : Formatter
{
    public abstract void Write(ref MessagePackWriter writer, T? value);

    public abstract T? Read(ref MessagePackReader reader);

    public override void WriteBoxed(ref MessagePackWriter writer, object value) => Write(ref writer, (T)value);
}

/// <summary>Stands for a formatter that is still being made, since the type contains itself.</summary>
internal sealed class DeferredFormatter<T> : Formatter<T>, IDeferredFormatter
{
    private Formatter<T>? _target;

    public void Bind(Formatter target) => _target = (Formatter<T>)target;

    public override void Write(ref MessagePackWriter writer, T? value) => _target!.Write(ref writer, value);

    public override T? Read(ref MessagePackReader reader) => _target!.Read(ref reader);
}

/// <summary>Binds a <see cref="DeferredFormatter{T}"/> whose type is only known at run time.</summary>
internal interface IDeferredFormatter
{
    void Bind(Formatter target);
}
