using System.Buffers.Binary;
using System.Text;

namespace Messaging.TestSupport.Telemetry;

/// <summary>
/// A message of Protocol Buffers, read by the numbers of its fields: enough for OTLP. The generated classes for it are
/// in no package that is served.
/// </summary>
internal sealed class ProtocolMessage
{
    private readonly List<(int Field, ulong Number, ReadOnlyMemory<byte> Bytes)> _fields = [];

    public ProtocolMessage(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var key = Varint(ref bytes);
            var field = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    _fields.Add((field, Varint(ref bytes), default));
                    break;
                case 1:
                    _fields.Add((field, BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span), default));
                    bytes = bytes[8..];
                    break;
                case 2:
                    var length = (int)Varint(ref bytes);
                    _fields.Add((field, 0, bytes[..length]));
                    bytes = bytes[length..];
                    break;
                case 5:
                    _fields.Add((field, BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span), default));
                    bytes = bytes[4..];
                    break;
                default:
                    throw new FormatException(
                        $"The field {field} is of a kind that Protocol Buffers do not have any more.");
            }
        }
    }

    public bool Has(int field) => _fields.Exists(f => f.Field == field);

    public IEnumerable<ProtocolMessage> Messages(int field) =>
        _fields.Where(f => f.Field == field).Select(f => new ProtocolMessage(f.Bytes));

    public string Text(int field) => Encoding.UTF8.GetString(Find(field).Bytes.Span);

    public string Hex(int field) => Convert.ToHexStringLower(Find(field).Bytes.Span);

    public ulong Number(int field) => Find(field).Number;

    private (int Field, ulong Number, ReadOnlyMemory<byte> Bytes) Find(int field) =>
        _fields.Find(f => f.Field == field);

    private static ulong Varint(ref ReadOnlyMemory<byte> bytes)
    {
        var value = 0UL;
        for (var i = 0; ; i++)
        {
            var next = bytes.Span[i];
            value |= (ulong)(next & 0x7f) << (7 * i);
            if ((next & 0x80) != 0) continue;
            bytes = bytes[(i + 1)..];
            return value;
        }
    }
}
