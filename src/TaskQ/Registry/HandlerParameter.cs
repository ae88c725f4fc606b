namespace TaskQ.Registry;

/// <summary>A parameter of a handler and what fills it.</summary>
/// <param name="Type">The type that the delegate takes.</param>
/// <param name="Kind">Where its value comes from.</param>
/// <param name="Argument">The argument of the message, for <see cref="ParameterKind.Payload"/>.</param>
/// <param name="Service">What finds the service, for <see cref="ParameterKind.Service"/>.</param>
internal sealed record HandlerParameter(
    Type Type,
    ParameterKind Kind,
    ArgumentParameter? Argument = null,
    ServiceParameter? Service = null);
