using System.Collections.ObjectModel;

namespace TaskQ.Registry;

/// <summary>The tasks of a queue. Reads take no lock: a registration replaces the tables, which never change.</summary>
internal sealed class TaskRegistry
{
    /// <summary>The name of the task that takes every message whose task is not registered.</summary>
    public const string CatchAll = "*";

    private readonly Lock _writing = new();
    private volatile Tables _tables = new([], []);

    /// <summary>Adds a task under its name and its aliases.</summary>
    /// <exception cref="InvalidOperationException">One of them is taken.</exception>
    public void Add(TaskDefinition definition)
    {
        lock (_writing)
        {
            var byAnyName = new Dictionary<string, TaskDefinition>(_tables.ByAnyName, StringComparer.Ordinal);
            Add(byAnyName, definition, definition.Name, "task name");
            foreach (string alias in definition.Options.Aliases)
            {
                Add(byAnyName, definition, alias, "alias");
            }

            var byName = new Dictionary<string, TaskDefinition>(_tables.ByName, StringComparer.Ordinal) { { definition.Name, definition } };
            _tables = new Tables(byAnyName, byName);
        }
    }

    /// <summary>Finds a task by name, by alias, else the one that takes them all.</summary>
    public TaskDefinition? Find(string name)
    {
        Tables tables = _tables;
        return tables.ByAnyName.TryGetValue(name, out TaskDefinition? definition) ? definition : tables.CatchAll;
    }

    /// <summary>The tasks of this moment by name, without aliases.</summary>
    public IReadOnlyDictionary<string, TaskDefinition> AsReadOnlyDictionary() => _tables.View;

    private static void Add(Dictionary<string, TaskDefinition> names, TaskDefinition definition, string name, string what)
    {
        if (!names.TryAdd(name, definition))
        {
            TaskDefinition other = names[name];
            string owner = other.Name == name ? "a task of that name" : $"the task '{other.Name}' with that alias";
            throw new InvalidOperationException(
                $"Queue '{definition.Queue.Name}' has {owner} already, so task '{definition.Name}' can't take the {what} '{name}'. "
                + "Register each task once, or choose another name.");
        }
    }

    private sealed class Tables(Dictionary<string, TaskDefinition> byAnyName, Dictionary<string, TaskDefinition> byName)
    {
        public Dictionary<string, TaskDefinition> ByAnyName { get; } = byAnyName;

        public Dictionary<string, TaskDefinition> ByName { get; } = byName;

        public TaskDefinition? CatchAll { get; } = byName.GetValueOrDefault(TaskRegistry.CatchAll);

        public ReadOnlyDictionary<string, TaskDefinition> View { get; } = byName.AsReadOnly();
    }
}
