using TaskQ.Dispatch;

namespace TaskQ.Registry;

/// <summary>A handler bound at registration: takes arguments and calls the delegate without reflection.</summary>
/// <remarks>
/// Its parameters are settled when it is created. The code for a kind of arguments is compiled when the first such
/// message comes: most processes see one kind of the three, and compiling costs about a millisecond.
/// </remarks>
internal sealed class BoundHandler
{
    private readonly Lock _compiling = new();
    private readonly HandlerPlan _plan;
    private readonly Type? _fieldsClass;
    private HandlerInvoker? _fromFields;
    private HandlerInvoker? _fromArray;
    private HandlerInvoker? _fromBytes;

    public BoundHandler(HandlerPlan plan)
    {
        _plan = plan;
        _fieldsClass = TypedArguments.ClassFor(plan.Arguments.Types);
        NeedsInvocation = Array.Exists(plan.Parameters, parameter => parameter.Kind != ParameterKind.Payload);
        ObservesCancellation = plan.Takes(ParameterKind.CancellationToken) || plan.Takes(ParameterKind.Context);
        if (plan.AcceptsAny)
        {
            _fromFields = _fromArray = _fromBytes = HandlerCompiler.IgnoringArguments(plan);
        }
    }

    /// <summary>Whether the handler takes anything but payload arguments, so that it needs an <see cref="Invocation"/>.</summary>
    public bool NeedsInvocation { get; }

    /// <summary>Whether it can see a cancellation: takes a token or a context.</summary>
    public bool ObservesCancellation { get; }

    /// <summary>The arguments that it takes from a message.</summary>
    public ArgumentSchema Arguments => _plan.Arguments;

    /// <summary>Whether it takes messages with any arguments and ignores them.</summary>
    public bool AcceptsAny => _plan.AcceptsAny;

    /// <summary>Calls the handler. A synchronous exception is thrown, an asynchronous one is in the task.</summary>
    /// <exception cref="ArgumentMismatchException">The arguments don't fit the handler's parameters.</exception>
    public ValueTask InvokeAsync(MessageArguments arguments, Invocation? invocation)
    {
        if (arguments is EncodedArguments)
        {
            return (_fromBytes ?? Compile(ref _fromBytes, HandlerCompiler.FromBytes))(arguments, invocation);
        }

        if (arguments is ArgumentArray)
        {
            return (_fromArray ?? Compile(ref _fromArray, HandlerCompiler.FromArray))(arguments, invocation);
        }

        return _plan.AcceptsAny || arguments.GetType() == _fieldsClass
            ? (_fromFields ?? Compile(ref _fromFields, plan => HandlerCompiler.FromFields(plan, _fieldsClass!)))(arguments, invocation)
            : InvokeAsync(Box(arguments), invocation);
    }

    // Made by a task that was declared with other types, in the same process.
    private static ArgumentArray Box(MessageArguments arguments)
    {
        var values = new object?[arguments.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = arguments[i];
        }

        return new ArgumentArray(values);
    }

    private HandlerInvoker Compile(ref HandlerInvoker? invoker, Func<HandlerPlan, HandlerInvoker> compile)
    {
        lock (_compiling)
        {
            return invoker ??= compile(_plan);
        }
    }
}
