using Microsoft.Extensions.DependencyInjection;

namespace TaskQ.Registry;

/// <summary>Decides, once at registration, what fills each parameter of a handler.</summary>
/// <remarks>
/// 1. Read the delegate's parameters. 2. Tell payload from what is injected. 3. Check the payload against the declared
/// arguments, or a fallback's against its handler's. 4. Ask the serializer for readers. 5. Leave the rest to the compiler.
/// </remarks>
internal sealed class HandlerBinder(string taskName, IPayloadSerializer serializer)
{
    private const string FromServicesAttribute = "Microsoft.AspNetCore.Mvc.FromServicesAttribute";

    /// <summary>Binds a handler.</summary>
    /// <param name="handler">The delegate.</param>
    /// <param name="declared">The declared arguments, null when the handler's parameters decide.</param>
    /// <exception cref="ArgumentException">The delegate or a parameter can't be taken.</exception>
    public BoundHandler BindHandler(Delegate? handler, ArgumentSchema? declared) =>
        Bind(handler, "handler", declared, afterThemServices: declared is not null);

    /// <summary>Binds a fallback handler.</summary>
    /// <param name="fallback">The delegate.</param>
    /// <param name="expected">The arguments of the handler, null when they are not known yet.</param>
    /// <param name="isTyped">Whether the task is declared with its types.</param>
    /// <exception cref="ArgumentException">The delegate or a parameter can't be taken.</exception>
    public BoundHandler BindFallback(Delegate fallback, ArgumentSchema? expected, bool isTyped) =>
        Bind(fallback, "fallback handler", expected, isTyped, isFallback: true);

    private BoundHandler Bind(
        Delegate? handler,
        string role,
        ArgumentSchema? expected,
        bool afterThemServices,
        bool isFallback = false)
    {
        if (handler is null)
        {
            throw new ArgumentNullException(nameof(handler), $"Task '{taskName}': the {role} is null.");
        }

        DelegateParameter[] parameters = DelegateSignature.Read(handler, taskName, role);
        var bound = new HandlerParameter[parameters.Length];
        var arguments = new List<ArgumentParameter>();
        for (int i = 0; i < parameters.Length; i++)
        {
            DelegateParameter parameter = parameters[i];
            if (FindFault(parameter, isFallback) is { } fault)
            {
                throw Refuse(parameter, role, fault);
            }

            ParameterKind kind = Classify(parameter);
            if (kind == ParameterKind.Payload && afterThemServices && arguments.Count == expected!.Parameters.Length)
            {
                kind = ParameterKind.Service;
                if (parameter.Type.IsValueType || parameter.Type == typeof(string))
                {
                    throw Refuse(parameter, role, $"comes after the task's arguments {expected}, so it would be a service; if it is one, mark it with [Inject].");
                }
            }

            bound[i] = kind switch
            {
                ParameterKind.Payload => BindArgument(parameter, role, expected, arguments),
                ParameterKind.Service => BindService(parameter, role),
                _ => new HandlerParameter(parameter.Type, kind),
            };
        }

        if (expected is not null && arguments.Count < expected.Parameters.Length && !(isFallback && arguments.Count == 0))
        {
            ArgumentParameter missing = expected.Parameters[arguments.Count];
            throw new ArgumentException(
                $"Task '{taskName}': the {role} has no parameter for argument {arguments.Count + 1} ('{missing.Name}', {TypeName.Of(missing.Type)}); "
                + $"it takes all of {expected}{(isFallback ? " or none" : "")}.",
                nameof(handler));
        }

        bool acceptsAny = arguments.Count == 0 && (isFallback || taskName == TaskRegistry.CatchAll);
        var schema = new ArgumentSchema(taskName, [.. arguments]);
        return new BoundHandler(new HandlerPlan(taskName, role, handler, bound, schema, acceptsAny));
    }

    private static ParameterKind Classify(DelegateParameter parameter)
    {
        Type type = parameter.Type;
        return parameter.IsTarget ? ParameterKind.Service
            : type == typeof(CancellationToken) ? ParameterKind.CancellationToken
            : type == typeof(TaskContext) ? ParameterKind.Context
            : type == typeof(TaskMessage) ? ParameterKind.Message
            : IsMarked(parameter) ? ParameterKind.Service
            : type == typeof(Exception) ? ParameterKind.Error
            : ParameterKind.Payload;
    }

    private static bool IsMarked(DelegateParameter parameter) =>
        parameter.Has<InjectAttribute>() || parameter.Has<FromKeyedServicesAttribute>() || parameter.Has(FromServicesAttribute);

    private static string? FindFault(DelegateParameter parameter, bool isFallback)
    {
        Type type = parameter.Type;
        if (parameter.IsParams)
        {
            return "is a params parameter, so the number of arguments would not be fixed; take an array.";
        }

        if (type.IsByRef)
        {
            return "is passed by reference (ref, out or in), which a message can't be; take it by value.";
        }

        if (type.IsPointer || type.IsFunctionPointer)
        {
            return "is a pointer, which a message can't carry.";
        }

        if (type.IsByRefLike)
        {
            return "is a ref struct, which a message can't carry; take an array or Memory<T>.";
        }

        if (type.ContainsGenericParameters)
        {
            return "is of an open generic type.";
        }

        if (typeof(Exception).IsAssignableFrom(type) && !IsMarked(parameter) && !parameter.IsTarget)
        {
            return !isFallback ? "is an exception, which only a fallback handler takes."
                : type != typeof(Exception) ? "must be of type System.Exception: what failed is not known before."
                : null;
        }

        return null;
    }

    private HandlerParameter BindService(DelegateParameter parameter, string role) =>
        new(
            parameter.Type,
            ParameterKind.Service,
            Service: parameter.IsTarget
                ? ServiceParameter.CreateTarget(parameter)
                : ServiceParameter.Create(parameter, parameter.Get<FromKeyedServicesAttribute>()?.Key, taskName, role));

    private HandlerParameter BindArgument(
        DelegateParameter parameter,
        string role,
        ArgumentSchema? expected,
        List<ArgumentParameter> arguments)
    {
        int index = arguments.Count;
        ArgumentParameter? match = null;
        if (expected is not null)
        {
            if (index == expected.Parameters.Length)
            {
                throw Refuse(parameter, role, $"is not among the task's arguments {expected}.");
            }

            match = expected.Parameters[index];
            if (match.Type != parameter.Type)
            {
                throw Refuse(parameter, role, $"must be {TypeName.Of(match.Type)}, as the task's argument {index + 1} is; mark a service with [Inject].");
            }
        }

        // A fallback handler gets the same message as its handler, so the handler's defaults hold for it too.
        bool isOptional = parameter.IsOptional || match is { IsOptional: true };
        object? defaultValue = parameter.IsOptional ? parameter.DefaultValue : match?.DefaultValue;
        if (!isOptional && index > 0 && arguments[index - 1].IsOptional)
        {
            throw Refuse(parameter, role, $"is required but follows the optional parameter '{arguments[index - 1].Name}'.");
        }

        ArgumentCodec codec = ArgumentCodec.Create(parameter.Type, serializer);
        var argument = new ArgumentParameter(parameter.Name, codec, isOptional, defaultValue)
        {
            Reader = GetReader(codec, parameter, role),
        };
        arguments.Add(argument);
        return new HandlerParameter(parameter.Type, ParameterKind.Payload, argument);
    }

    private Delegate GetReader(ArgumentCodec codec, DelegateParameter parameter, string role)
    {
        try
        {
            return codec.GetReader();
        }
        catch (Exception exception) when (exception is PayloadException or NotSupportedException)
        {
            throw Refuse(parameter, role, $"can't be read from a message: {exception.Message} Mark a service with [Inject].", exception);
        }
    }

    private ArgumentException Refuse(DelegateParameter parameter, string role, string reason, Exception? inner = null) =>
        new($"Task '{taskName}': parameter '{parameter.Name}' ({TypeName.Of(parameter.Type)}) of the {role} {reason}", inner);
}
