using TaskQ.Add.Encode.MessagePack;

namespace TaskQ;

public ref partial struct MessagePackReader
{
    /// <summary>Skips one value, with all that is in it. The limits hold for what is skipped, too.</summary>
    /// <exception cref="PayloadException">The bytes are no MessagePack, or break a limit.</exception>
    public void Skip()
    {
        var children = SkipOne();
        if (children > 0)
        {
            SkipChildren(children);
        }
    }

    // A loop, not recursion: a stack overflow can't be caught, so hostile nesting would end the process.
    private void SkipChildren(int children)
    {
        Span<int> left = stackalloc int[_formatters.MaxDepth];
        var level = 0;
        left[0] = children;
        while (level >= 0)
        {
            if (left[level] == 0)
            {
                level--;
                continue;
            }

            left[level]--;
            children = SkipOne();
            if (children > 0)
            {
                level++;
                if (_depth + level >= _formatters.MaxDepth)
                {
                    throw TooDeep();
                }

                left[level] = children;
            }
        }
    }

    /// <summary>Skips a value but not its children.</summary>
    /// <returns>How many children follow.</returns>
    private int SkipOne()
    {
        var code = Peek();
        switch (code)
        {
            case <= MessagePackCode.MaxFixInt or >= MessagePackCode.MinNegative:
            case MessagePackCode.Nil or MessagePackCode.False or MessagePackCode.True:
                _position++;
                return 0;
            case < MessagePackCode.FixArray or MessagePackCode.Map16 or MessagePackCode.Map32:
                return 2 * ReadMapHeader();
            case < MessagePackCode.FixString or MessagePackCode.Array16 or MessagePackCode.Array32:
                return ReadArrayHeader();
            case < MessagePackCode.Nil or (>= MessagePackCode.String8 and <= MessagePackCode.String32):
                ReadUtf8();
                return 0;
            case >= MessagePackCode.Bin8 and <= MessagePackCode.Bin32:
                ReadBinary();
                return 0;
            case MessagePackCode.Float32 or MessagePackCode.Float64:
                ReadDouble();
                return 0;
            case >= MessagePackCode.UInt8 and <= MessagePackCode.Int64:
                ReadBigEndian(1 << ((code - MessagePackCode.UInt8) & 3));
                return 0;
            case (>= MessagePackCode.Ext8 and <= MessagePackCode.Ext32)
                or (>= MessagePackCode.FixExt1 and <= MessagePackCode.FixExt16):
                ReadExtension(out _);
                return 0;
            default:
                throw Unexpected("a value");
        }
    }
}
