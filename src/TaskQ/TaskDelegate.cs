namespace TaskQ;

/// <summary>Runs a message: the rest of the hooks, then the handler.</summary>
/// <param name="context">The run.</param>
/// <returns>A task that ends when the handler has ended, with its exception if it failed.</returns>
public delegate Task TaskDelegate(TaskContext context);
