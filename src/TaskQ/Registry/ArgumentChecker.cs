namespace TaskQ.Registry;

/// <summary>Checks what a producer gives to <see cref="TaskDefinition.WithArgs"/> and converts it to the parameters' types.</summary>
internal static class ArgumentChecker
{
    private const string ParameterName = "args";

    /// <summary>The arguments, copied and of exactly the types that the handler takes.</summary>
    /// <exception cref="ArgumentException">There are too few or too many, or one is not convertible.</exception>
    public static ArgumentArray Check(ArgumentSchema schema, object?[]? args)
    {
        object?[] given = Unfold(schema, args);
        if (given.Length < schema.RequiredCount)
        {
            ArgumentParameter missing = schema.Parameters[given.Length];
            throw new ArgumentException(
                $"{TakesBut(schema, given.Length)}: argument {given.Length + 1} ('{missing.Name}', {TypeName.Of(missing.Type)}) is missing.",
                ParameterName);
        }

        if (given.Length > schema.Parameters.Length)
        {
            int surplus = schema.Parameters.Length;
            throw new ArgumentException(
                $"{TakesBut(schema, given.Length)}: argument {surplus + 1}, of type {TypeName.OfValue(given[surplus])}, is one too many. "
                + "An object[] that is meant as one argument must be cast to object.",
                ParameterName);
        }

        var values = new object?[given.Length];
        for (int i = 0; i < given.Length; i++)
        {
            ArgumentParameter parameter = schema.Parameters[i];
            if (!parameter.TryConvert(given[i], out values[i], out Exception? error))
            {
                throw new ArgumentException(
                    $"Task '{schema.TaskName}': argument {i + 1} ('{parameter.Name}') must be {TypeName.Of(parameter.Type)}, "
                    + $"but {TypeName.OfValue(given[i])} was given{(error is null ? "" : ": " + error.Message)}.",
                    ParameterName,
                    error);
            }
        }

        return values.Length == 0 ? ArgumentArray.Empty : new ArgumentArray(values, schema);
    }

    /// <summary>The arguments of a task that takes any, copied.</summary>
    public static ArgumentArray TakeAny(object?[]? args)
    {
        object?[] given = args is null ? [null] : IsArrayArgument(args) ? [args] : [.. args];
        return given.Length == 0 ? ArgumentArray.Empty : new ArgumentArray(given);
    }

    // WithArgs(null) means one null, and C# passes a string[] as an object[] although it was meant as one argument.
    private static object?[] Unfold(ArgumentSchema schema, object?[]? args)
    {
        if (args is null)
        {
            return [null];
        }

        bool takesOne = schema.Parameters.Length > 0 && schema.RequiredCount <= 1;
        if (!takesOne || !IsArrayArgument(args))
        {
            return args;
        }

        ArgumentParameter first = schema.Parameters[0];
        bool isSpecific = schema.Parameters.Length == 1 || first.Type != typeof(object);
        return isSpecific && first.TryConvert(args, out _, out _) ? [args] : args;
    }

    private static bool IsArrayArgument(object?[] args) => args.GetType() != typeof(object[]);

    private static string TakesBut(ArgumentSchema schema, int given) =>
        $"Task '{schema.TaskName}' takes {schema.Describe()} but {given} {(given == 1 ? "was" : "were")} given";
}
