namespace TaskQ;

/// <summary>Marks a parameter of a handler that comes from the services of the message's scope, not from the message.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class InjectAttribute : Attribute;
