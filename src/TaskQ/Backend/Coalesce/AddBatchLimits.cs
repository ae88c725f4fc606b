namespace TaskQ.Backend.Coalesce;

/// <summary>How large a batch of adds may be.</summary>
/// <param name="MaxWeight">The largest sum of the messages' weights.</param>
/// <param name="MaxBytes">The largest sum of their frames' lengths, unless a single one is larger.</param>
/// <param name="WeightOf">What a message counts.</param>
/// <param name="Patience">How long an add may have waited for its batch when the store turns out to be away.</param>
public sealed record AddBatchLimits(int MaxWeight, long MaxBytes, Func<NewMessage, int> WeightOf, TimeSpan Patience);
