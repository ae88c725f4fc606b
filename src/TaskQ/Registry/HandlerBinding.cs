namespace TaskQ.Registry;

/// <summary>What a task runs, published as one, so that a reader never sees half of it.</summary>
/// <param name="Handler">The handler, null until there is one.</param>
/// <param name="Fallback">The fallback handler, null when there is none.</param>
internal sealed record HandlerBinding(BoundHandler? Handler, BoundHandler? Fallback);
