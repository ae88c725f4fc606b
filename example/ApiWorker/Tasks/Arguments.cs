namespace ApiWorker.Tasks;

/// <summary>The arguments of a command line. Each is taken once; what nobody took is an error.</summary>
public sealed class Arguments(IEnumerable<string> args)
{
    private readonly List<string> _rest = [.. args];

    /// <summary>Takes <c>--name value</c>; null when it is not there.</summary>
    public string? Value(string name)
    {
        int index = _rest.IndexOf(name);
        if (index < 0)
        {
            return null;
        }

        if (index + 1 == _rest.Count || _rest[index + 1].StartsWith("--", StringComparison.Ordinal))
        {
            throw new UsageException($"{name} needs a value.");
        }

        string value = _rest[index + 1];
        _rest.RemoveRange(index, 2);
        return value;
    }

    /// <summary>Takes <c>--name</c>.</summary>
    public bool Flag(string name) => _rest.Remove(name);

    /// <summary>Fails when something is left.</summary>
    public void End()
    {
        if (_rest.Count > 0)
        {
            throw new UsageException($"'{_rest[0]}' is not known.");
        }
    }
}
