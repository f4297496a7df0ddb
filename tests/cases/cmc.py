#!/usr/bin/python3
"""cmc.py make OUT ITEM... | show FILE - CMC (RFC 5272) as somebody else reads the standard: pyasn1's modules.

make: a PKIData of these items, each NAME:NUMBER[:MORE...] with the number of its body part:
  tcr:N:CSR            a PKCS#10 request, DER
  revoke:N:CERT:REASON[:MEMBER]  a revokeRequest about the certificate (DER), with a passphrase, invalidityDate or comment
  transactionId:N:NUMBER, senderNonce:N:HEX
  control:N:OID        any other control, below id-cmc or dotted
  crm:N, orm:N         requests in other forms; cms:N, msg:N  what may stand in the other two sequences
show: a PKIResponse, one line each control."""
import sys

from pyasn1.codec.der.decoder import decode
from pyasn1.codec.der.encoder import encode
from pyasn1.type import char, namedtype, univ, useful
from pyasn1_modules import rfc5280, rfc5652, rfc6402

ID_CMC = (1, 3, 6, 1, 5, 5, 7, 7)


def read(path):
    with open(path, 'rb') as f:
        return f.read()


def whole(der, spec):
    value, rest = decode(der, asn1Spec=spec)
    assert not rest
    return value


def oid(text):
    return univ.ObjectIdentifier(text) if '.' in text else univ.ObjectIdentifier(ID_CMC + (int(text),))


def control(number, oid_of_it, value):
    a = rfc6402.TaggedAttribute()
    a['bodyPartID'] = number
    a['attrType'] = oid_of_it
    a['attrValues'].append(univ.Any(encode(value)))
    return a


def revoke(number, path, reason, member=None):
    tbs = whole(read(path), rfc5280.Certificate())['tbsCertificate']
    r = rfc6402.RevokeRequest()
    r['issuerName'] = whole(encode(tbs['issuer']), rfc5280.Name())
    r['serialNumber'] = int(tbs['serialNumber'])
    r['reason'] = int(reason)
    if member == 'passphrase':
        r['passphrase'] = b'open sesame'
    elif member == 'invalidityDate':
        r['invalidityDate'] = useful.GeneralizedTime('20260101000000Z')
    elif member == 'comment':
        r['comment'] = char.UTF8String('the stick was left in a train')
    return control(number, rfc6402.id_cmc_revokeRequest, r)


def tcr(number, path):
    t = rfc6402.TaggedRequest()
    t['tcr']['bodyPartID'] = number
    csr = t['tcr']['certificationRequest']
    t['tcr']['certificationRequest'] = whole(read(path), csr)
    return t


def orm(number):
    t = rfc6402.TaggedRequest()
    t['orm']['bodyPartID'] = number
    t['orm']['requestMessageType'] = univ.ObjectIdentifier((1, 2, 3))
    t['orm']['requestMessageValue'] = univ.Any(encode(univ.Null('')))
    return t


def crm(number):
    t = rfc6402.TaggedRequest()
    t['crm']['certReq']['certReqId'] = number
    t['crm']['certReq']['certTemplate']['version'] = 2
    return t


def put(data, name, number, more):
    if name == 'tcr':
        data['reqSequence'].append(tcr(number, *more))
    elif name == 'orm':
        data['reqSequence'].append(orm(number))
    elif name == 'crm':
        data['reqSequence'].append(crm(number))
    elif name == 'revoke':
        data['controlSequence'].append(revoke(number, *more))
    elif name == 'transactionId':
        data['controlSequence'].append(control(number, rfc6402.id_cmc_transactionId, univ.Integer(int(more[0]))))
    elif name == 'senderNonce':
        value = univ.OctetString(hexValue=more[0])
        data['controlSequence'].append(control(number, rfc6402.id_cmc_senderNonce, value))
    elif name == 'control':
        data['controlSequence'].append(control(number, oid(more[0]), univ.OctetString(b'proof')))
    elif name == 'cms':
        c = rfc6402.TaggedContentInfo()
        c['bodyPartID'] = number
        c['contentInfo']['contentType'] = rfc5652.id_data
        c['contentInfo']['content'] = univ.Any(encode(univ.OctetString(b'x')))
        data['cmsSequence'].append(c)
    elif name == 'msg':
        m = rfc6402.OtherMsg()
        m['bodyPartID'] = number
        m['otherMsgType'] = univ.ObjectIdentifier((1, 2, 3))
        m['otherMsgValue'] = univ.Any(encode(univ.Null('')))
        data['otherMsgSequence'].append(m)
    else:
        sys.exit('no item is called ' + name)


def make(out, items):
    data = rfc6402.PKIData()
    for part in ('controlSequence', 'reqSequence', 'cmsSequence', 'otherMsgSequence'):
        data[part].clear()
    for item in items:
        name, number, *more = item.split(':')
        put(data, name, int(number), more)
    with open(out, 'wb') as f:
        f.write(encode(data))


class OtherInfo(univ.Choice):
    """As RFC 5272 6.1.1 has it: pyasn1's own has no [1], without which its choices cannot be told apart."""
    componentType = namedtype.NamedTypes(
        namedtype.NamedType('failInfo', rfc6402.CMCFailInfo()),
        namedtype.NamedType('pendInfo', rfc6402.PendInfo()))


class StatusInfoV2(univ.Sequence):
    componentType = namedtype.NamedTypes(
        namedtype.NamedType('cMCStatus', rfc6402.CMCStatus()),
        namedtype.NamedType('bodyList', univ.SequenceOf(componentType=rfc6402.BodyPartReference())),
        namedtype.OptionalNamedType('statusString', char.UTF8String()),
        namedtype.OptionalNamedType('otherInfo', OtherInfo()))


def show_status(value):
    s = whole(value, StatusInfoV2())
    bodies = ' '.join(str(b['bodyPartID']) for b in s['bodyList'])
    line = 'body part %s: %s' % (bodies, s['cMCStatus'].prettyPrint())
    if s['otherInfo'].isValue:
        info = s['otherInfo']
        if info.getName() == 'pendInfo':
            line += ' until ' + str(info['pendInfo']['pendTime']) + ' token ' + bytes(info['pendInfo']['pendToken']).hex()
        else:
            line += ' ' + info[info.getName()].prettyPrint()
    if s['statusString'].isValue:
        line += ' "%s"' % s['statusString']
    print(line)


def show(path):
    r = whole(read(path), rfc6402.PKIResponse())
    numbers = [int(c['bodyPartID']) for c in r['controlSequence']]
    assert len(set(numbers)) == len(numbers) and 0 not in numbers
    assert len(r['cmsSequence']) == 0 and len(r['otherMsgSequence']) == 0
    for c in r['controlSequence']:
        assert len(c['attrValues']) == 1
        value = bytes(c['attrValues'][0])
        if c['attrType'] == rfc6402.id_cmc_statusInfoV2:
            show_status(value)
        elif c['attrType'] == rfc6402.id_cmc_transactionId:
            print('transactionId', int(whole(value, univ.Integer())))
        elif c['attrType'] == rfc6402.id_cmc_recipientNonce:
            print('recipientNonce', bytes(whole(value, univ.OctetString())).hex())
        elif c['attrType'] == rfc6402.id_cmc_senderNonce:
            print('senderNonce of %d bytes' % len(whole(value, univ.OctetString())))
        else:
            sys.exit('a control %s' % c['attrType'])


if sys.argv[1] == 'make':
    make(sys.argv[2], sys.argv[3:])
else:
    show(sys.argv[2])
