namespace TaskQ.Registry;

/// <summary>The arguments that a task takes: declared by its types, or read from its handler's parameters.</summary>
internal sealed class ArgumentSchema
{
    public ArgumentSchema(string taskName, ArgumentParameter[] parameters)
    {
        TaskName = taskName;
        Parameters = parameters;
        Types = Array.ConvertAll(parameters, parameter => parameter.Type);
        RequiredCount = Array.FindLastIndex(parameters, parameter => !parameter.IsOptional) + 1;
    }

    public string TaskName { get; }

    public ArgumentParameter[] Parameters { get; }

    public Type[] Types { get; }

    /// <summary>How many arguments a message has at least.</summary>
    public int RequiredCount { get; }

    /// <summary>The schema of a typed task.</summary>
    /// <exception cref="ArgumentException">A type can't be written, or is one that handlers get from elsewhere.</exception>
    public static ArgumentSchema Declare(string taskName, params ArgumentCodec[] codecs)
    {
        var parameters = new ArgumentParameter[codecs.Length];
        for (int i = 0; i < codecs.Length; i++)
        {
            ArgumentCodec codec = codecs[i];
            try
            {
                if (IsInjected(codec.Type))
                {
                    throw new NotSupportedException("a handler gets it without its being part of the message.");
                }

                codec.ResolveWriter();
            }
            catch (Exception exception) when (exception is PayloadException or NotSupportedException)
            {
                throw new ArgumentException(
                    $"Task '{taskName}': argument {i + 1} can't be of type {TypeName.Of(codec.Type)}: {exception.Message}",
                    exception);
            }

            parameters[i] = new ArgumentParameter($"arg{i + 1}", codec, isOptional: false, defaultValue: null);
        }

        return new ArgumentSchema(taskName, parameters);
    }

    /// <summary>The codec of an argument whose type is known.</summary>
    public ArgumentCodec<T> CodecOf<T>(int index) => (ArgumentCodec<T>)Parameters[index].Codec;

    /// <summary>How many there are, and which, for an error.</summary>
    public string Describe() => Parameters.Length switch
    {
        0 => "no arguments",
        1 => $"1 argument {this}",
        int n => $"{n} arguments {this}",
    };

    /// <inheritdoc/>
    public override string ToString() => $"({string.Join(", ", (object[])Parameters)})";

    private static bool IsInjected(Type type) =>
        type == typeof(CancellationToken) || type == typeof(TaskContext) || type == typeof(TaskMessage)
        || typeof(Exception).IsAssignableFrom(type);
}
