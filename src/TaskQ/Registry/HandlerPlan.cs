namespace TaskQ.Registry;

/// <summary>What reflection found out about a handler, and the errors that name it.</summary>
/// <param name="TaskName">The task.</param>
/// <param name="Role">Handler or fallback handler, for errors.</param>
/// <param name="Handler">The delegate.</param>
/// <param name="Parameters">All its parameters in order.</param>
/// <param name="Arguments">Those that come from the message.</param>
/// <param name="AcceptsAny">Whether it takes messages with any arguments and ignores them.</param>
internal sealed record HandlerPlan(
    string TaskName,
    string Role,
    Delegate Handler,
    HandlerParameter[] Parameters,
    ArgumentSchema Arguments,
    bool AcceptsAny)
{
    public bool Takes(ParameterKind kind) => Array.Exists(Parameters, parameter => parameter.Kind == kind);

    public ArgumentMismatchException WrongCount(int count)
    {
        ArgumentParameter[] arguments = Arguments.Parameters;
        string takes = $"Task '{TaskName}': the {Role} takes {Arguments.Describe()}, but the message has {count}";
        return count < arguments.Length
            ? new ArgumentMismatchException(
                $"{takes}: argument {count + 1} ('{arguments[count].Name}', {TypeName.Of(arguments[count].Type)}) is missing.")
            : new ArgumentMismatchException($"{takes}: argument {arguments.Length + 1} is one too many.");
    }

    public ArgumentMismatchException Undecodable(int index, PayloadException exception) =>
        new($"{Describe(index)} can't be read as {TypeName.Of(Arguments.Types[index])}: {exception.Message}", exception);

    /// <summary>Converts a value that is not exactly of the parameter's type.</summary>
    public T Convert<T>(object? value, int index)
    {
        if (Arguments.Parameters[index].TryConvert(value, out object? converted, out Exception? error))
        {
            return (T)converted!;
        }

        throw new ArgumentMismatchException(
            $"{Describe(index)} must be {TypeName.Of(typeof(T))}, but is {TypeName.OfValue(value)}.", error);
    }

    public InvalidOperationException NullTask() =>
        new($"Task '{TaskName}': the {Role} returned null instead of a task.");

    private string Describe(int index) =>
        $"Task '{TaskName}': argument {index + 1} ('{Arguments.Parameters[index].Name}') of the {Role}";
}
