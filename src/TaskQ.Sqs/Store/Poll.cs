namespace TaskQ.Sqs.Store;

/// <summary>A receive that is on its way.</summary>
/// <param name="Hidden">For how long it hides what it brings.</param>
/// <param name="Found">What it has brought.</param>
/// <param name="Receiving">Ends with how many messages came.</param>
internal sealed record Poll(TimeSpan Hidden, List<SqsDelivery> Found, Task<int> Receiving);
