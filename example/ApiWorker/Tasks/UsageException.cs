namespace ApiWorker.Tasks;

/// <summary>The command line asks for something that is not there.</summary>
public sealed class UsageException(string message) : Exception(message);
