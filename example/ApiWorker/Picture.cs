namespace ApiWorker;

/// <summary>An argument may be any plain type, such as a record.</summary>
internal sealed record Picture(string Name, int Width, int Height);
