namespace TaskQ.Scale;

/// <summary>The fetches of a run so far.</summary>
/// <param name="All">Fetches that ended.</param>
/// <param name="Full">Those that brought a whole batch.</param>
/// <param name="FullTime">The summed time of the full ones.</param>
internal readonly record struct FetchTotals(int All, int Full, TimeSpan FullTime);
