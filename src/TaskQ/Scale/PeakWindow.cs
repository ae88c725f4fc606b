namespace TaskQ.Scale;

/// <summary>The highest value of the last one to two buckets of time.</summary>
internal struct PeakWindow
{
    private TimeSpan _age;
    private int _current;
    private int _previous;
    private int _buckets;

    /// <summary>Adds a value; true when a bucket ended and two are full, with the highest value of both.</summary>
    public bool Add(int value, TimeSpan elapsed, out int peak)
    {
        _current = Math.Max(_current, value);
        _age += elapsed;
        peak = Math.Max(_current, _previous);
        if (_age < ScaleRules.IdleBucket)
        {
            return false;
        }

        _previous = _current;
        _current = 0;
        _age = TimeSpan.Zero;
        _buckets = Math.Min(_buckets + 1, 2);
        return _buckets == 2;
    }
}
