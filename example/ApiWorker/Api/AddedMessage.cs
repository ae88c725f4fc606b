namespace ApiWorker.Api;

/// <summary>The answer to an add.</summary>
/// <param name="Id">The message; for a duplicate, the one that was there before.</param>
/// <param name="Queue">Its queue.</param>
/// <param name="Task">Its task.</param>
/// <param name="Duplicate">Whether there was one of its name before, so that this one was not added.</param>
public sealed record AddedMessage(Guid Id, string Queue, string Task, bool Duplicate);
