namespace TaskQ.Tests.Add.Encode.MessagePack;

/// <summary>Makes invalid payloads of valid ones, with an eye for the structure of MessagePack.</summary>
internal sealed class Mutator(Random random, FuzzTarget[] targets)
{
    private static readonly byte[] Codes =
    [
        0x00, 0x7f, 0x80, 0x81, 0x8f, 0x90, 0x91, 0x9f, 0xa0, 0xbf, .. Enumerable.Range(0xc0, 0x21).Select(i => (byte)i), 0xff,
    ];

    private readonly List<byte> _bytes = [];
    private byte[] _input = new byte[4096];

    /// <summary>A mutated payload; valid until the next call.</summary>
    public ReadOnlyMemory<byte> Next(FuzzTarget target)
    {
        _bytes.Clear();
        _bytes.AddRange(target.Payloads[random.Next(target.Payloads.Length)]);
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            Mutate();
        }

        if (_bytes.Count > _input.Length)
        {
            _input = new byte[_bytes.Count * 2];
        }

        _bytes.CopyTo(_input);
        return _input.AsMemory(0, _bytes.Count);
    }

    private void Mutate()
    {
        var at = random.Next(_bytes.Count + 1);
        if (at == _bytes.Count)
        {
            _bytes.Add(Codes[random.Next(Codes.Length)]);
            return;
        }

        switch (random.Next(9))
        {
            case 0:
                _bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                _bytes[at] = (byte)random.Next(256);
                break;
            case 2 or 3:
                _bytes[at] = Codes[random.Next(Codes.Length)];
                break;
            case 4:
                _bytes.Insert(at, Codes[random.Next(Codes.Length)]);
                break;
            case 5:
                _bytes.RemoveRange(at, Math.Min(random.Next(1, 5), _bytes.Count - at));
                break;
            case 6:
                _bytes.RemoveRange(at, random.Next(_bytes.Count - at + 1));
                break;
            case 7:
                // A length of 8 to 32 bits, near zero or near its most.
                _bytes.InsertRange(at, [Codes[random.Next(Codes.Length)], (byte)-random.Next(2), (byte)-random.Next(2), (byte)-random.Next(2), (byte)random.Next(256)]);
                break;
            default:
                var other = targets[random.Next(targets.Length)].Payloads[0];
                _bytes.InsertRange(at, other.AsSpan(random.Next(other.Length)).ToArray());
                break;
        }
    }
}
