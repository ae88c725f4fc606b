namespace TaskQ;

/// <summary>Marks a public instance method that handles the messages of a task. Its class is registered as a whole, by <c>AddTasksFrom</c> of TaskQ.Hosting.</summary>
/// <param name="name">The task's name on the wire.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TaskHandlerAttribute(string name) : Attribute
{
    /// <summary>The task's name on the wire.</summary>
    public string Name { get; } = name;
}
