namespace TaskQ.Solution.Tests.PublicApi;

/// <summary>What two texts differ in, line by line: "-" for what only the first has, "+" for what only the second has.</summary>
internal static class LineDiff
{
    /// <summary>The differing lines, each block under the last line before it that is not indented.</summary>
    public static string Of(string before, string after)
    {
        string[] left = before.Split('\n');
        string[] right = after.Split('\n');
        int[,] common = CommonLengths(left, right);
        var result = new List<string>();
        string head = "";
        string? written = null;

        void Write(char sign, string line)
        {
            if (head != written && line != head)
            {
                result.Add("  " + head);
            }

            result.Add($"{sign} {line}");
            written = head;
        }

        int i = 0;
        int j = 0;
        while (i < left.Length || j < right.Length)
        {
            bool same = i < left.Length && j < right.Length && left[i] == right[j];
            bool removed = !same && i < left.Length && (j == right.Length || common[i + 1, j] >= common[i, j + 1]);
            string line = removed ? left[i] : j < right.Length ? right[j] : left[i];
            if (line.Length > 0 && line[0] != ' ')
            {
                head = line;
            }

            if (!same)
            {
                Write(removed ? '-' : '+', line);
            }

            i += same || removed ? 1 : 0;
            j += same || !removed ? 1 : 0;
        }

        return string.Join('\n', result);
    }

    /// <summary>The longest common subsequence of what follows each pair of lines.</summary>
    private static int[,] CommonLengths(string[] left, string[] right)
    {
        var lengths = new int[left.Length + 1, right.Length + 1];
        for (int i = left.Length - 1; i >= 0; i--)
        {
            for (int j = right.Length - 1; j >= 0; j--)
            {
                lengths[i, j] = left[i] == right[j] ? lengths[i + 1, j + 1] + 1 : Math.Max(lengths[i + 1, j], lengths[i, j + 1]);
            }
        }

        return lengths;
    }
}
