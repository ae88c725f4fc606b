using System.Reflection;
using TaskQ.Backend;

namespace TaskQ.Redis.Tests.Faults.Model;

/// <summary>A store with a planted fault: it loses every message that was given back and then rescheduled.</summary>
public class LosingBackend : DispatchProxy
{
    private readonly HashSet<Guid> _released = [];
    private IQueueBackend? _store;

    internal static IQueueBackend Over(IQueueBackend store)
    {
        var backend = Create<IQueueBackend, LosingBackend>();
        ((LosingBackend)(object)backend)._store = store;
        return backend;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        switch (targetMethod!.Name, args)
        {
            case (nameof(IQueueBackend.ExchangeAsync), [IReadOnlyList<Settlement> settlements, ..]):
                _released.UnionWith(settlements.Where(s => s.Kind == SettlementKind.Release).Select(s => s.Delivery.Id));
                break;
            case (nameof(IQueueBackend.RescheduleAsync), [Guid id, _, CancellationToken token]) when _released.Contains(id):
                (targetMethod, args) = (typeof(IQueueBackend).GetMethod(nameof(IQueueBackend.CancelAsync))!, [id, token]);
                break;
        }

        return targetMethod.Invoke(_store, args);
    }
}
