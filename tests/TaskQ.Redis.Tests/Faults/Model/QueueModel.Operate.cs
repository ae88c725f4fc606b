using At = TaskQ.Redis.Tests.Faults.Model.ModelMessage.At;

namespace TaskQ.Redis.Tests.Faults.Model;

/// <content>What operators do.</content>
internal sealed partial class QueueModel
{
    /// <summary>The dead letters, the oldest first.</summary>
    public IEnumerable<ModelMessage> DeadLetters =>
        _messages.Values.Where(m => m.Place == At.Dead).OrderBy(m => m.DiedAt).ThenBy(m => Convert.ToHexString(m.Id.ToByteArray(bigEndian: true)), StringComparer.Ordinal);

    public bool Cancel(Guid id)
    {
        if (!_messages.TryGetValue(id, out var m) || m.Place == At.Dead)
        {
            return false;
        }

        if (m.Place == At.Held)
        {
            m.IsCancelled = true;
        }
        else
        {
            End(m, MessageEnd.Cancelled);
        }

        return true;
    }

    public bool Reschedule(Guid id, DateTimeOffset dueAt)
    {
        if (!_messages.TryGetValue(id, out var m) || m.Place != At.Waiting)
        {
            return false;
        }

        m.DueAt = dueAt;
        return true;
    }

    public bool Requeue(Guid id, DateTimeOffset now)
    {
        if (!_messages.TryGetValue(id, out var m) || m.Place != At.Dead)
        {
            return false;
        }

        Requeued++;
        _messages[id] = new ModelMessage { Id = id, Added = m.Added, DueAt = now, IsRevived = true };
        return true;
    }

    public bool DeleteDead(Guid id, MessageEnd end = MessageEnd.Deleted)
    {
        if (!_messages.TryGetValue(id, out var m) || m.Place != At.Dead)
        {
            return false;
        }

        End(m, end);
        return true;
    }

    public void Purge()
    {
        foreach (var m in _messages.Values.Where(m => m.Place != At.Dead).ToArray())
        {
            End(m, MessageEnd.Purged);
        }
    }

    /// <summary>Drops dead letters that are too old, and the oldest beyond the maximum.</summary>
    private void TrimDead(DateTimeOffset now)
    {
        var dead = DeadLetters.ToArray();
        foreach (var m in dead.Where((m, index) => m.DiedAt <= now - ModelSettings.DeadRetention || index < dead.Length - settings.MaxDead))
        {
            DeleteDead(m.Id, MessageEnd.Trimmed);
        }
    }
}
