namespace ApiWorker.Tasks;

/// <summary>A picture that was uploaded. An argument may be any plain type, such as a record.</summary>
public sealed record Picture(string File, int Width, int Height);
