namespace TaskQ.Hosting.Model;

/// <summary>A backend that the host named: one factory of queues.</summary>
/// <param name="Name">Its name, for errors.</param>
/// <param name="Create">Makes the factory.</param>
internal sealed record BackendEntry(string Name, Func<IServiceProvider, QueueFactory> Create);
